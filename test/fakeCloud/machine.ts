/** A machine that was started. */
export interface Machine extends Disposable {
  /** The text on its console so far. */
  console(): string;
  /** The folder with what it wrote to its disk, as this host sees it. */
  readonly root: string;
  /** Ends all its processes at once, and boots it again with its disk. */
  reboot(): Promise<void>;
  /** Runs a program in it, and returns its standard output. */
  run(...words: string[]): string;
}

export interface MachineStart {
  userData: string;
  /** Name of its network namespace. */
  namespace: string;
  /** Takes a guest attribute of the machine. Without it there is no metadata server. */
  onGuestAttribute?: (path: string, value: string) => void;
}

export type StartMachine = (start: MachineStart) => Machine;
