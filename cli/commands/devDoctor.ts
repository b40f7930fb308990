import { doctor } from '../../toolchain/stack/doctor.ts';
import type { CommandContext } from '../command.ts';
import { programRootOf } from '../programRootOf.ts';

const SIGN = { ok: ['green', 'ok  '], warn: ['yellow', 'warn'], fail: ['red', 'fail'] } as const;

export async function run({ cwd, out, signal }: CommandContext): Promise<number> {
  const report = await doctor(programRootOf(cwd), signal);
  out.result(report, (paint) =>
    report.checks.flatMap(({ name, status, message, next }) => {
      const [style, word] = SIGN[status];
      const line = `${paint(style, word)}  ${name.padEnd(18)} ${message}`;
      return next === null ? [line] : [line, `${' '.repeat(25)}next: ${next}`];
    }),
  );
  return report.ok ? 0 : 1;
}
