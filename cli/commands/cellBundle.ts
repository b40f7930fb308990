import { GrafosError } from '../../base/grafosError.ts';
import { formatSize } from '../../program/size.ts';
import { BUNDLE_TARGETS } from '../../toolchain/cell/bundle/bundleParts.ts';
import { makeBundle } from '../../toolchain/cell/bundle/makeBundle.ts';
import { verifyBundle } from '../../toolchain/cell/bundle/verifyBundle.ts';
import { BY_HAND, readPem } from '../../toolchain/trust/readPem.ts';
import { choice } from '../arguments.ts';
import type { CommandContext } from '../command.ts';

interface Given {
  target?: string;
  out?: string;
  cert?: string;
  key?: string;
  verify?: string;
  ca?: string;
}

export async function run(context: CommandContext, given: Given): Promise<void> {
  if (given.verify === undefined) await make(context, given);
  else await verify(context, given.verify, given.ca);
}

async function make({ cwd, out, signal }: CommandContext, given: Given): Promise<void> {
  const { cert, key } = given;
  if ((cert === undefined) !== (key === undefined)) throw wrong('--cert and --key go together.');
  if (given.target === undefined) throw wrong('--target is missing.');
  const signer =
    cert === undefined || key === undefined
      ? undefined
      : { certPem: (await readPem(BY_HAND, cert)).text, keyPem: (await readPem(BY_HAND, key)).text };
  const made = await makeBundle({
    target: choice('--target', given.target, BUNDLE_TARGETS),
    out: given.out ?? cwd,
    ...(signer && { signer }),
    signal,
    progress: (text) => out.progress(text),
  });
  out.result(made, (paint) => [
    `${paint('green', 'packed')}  ${made.file} ${paint('dim', formatSize(made.bytes))}`,
    `  sha256     ${made.sha256}`,
    `  signature  ${made.signature_file ?? 'none; --cert and --key of an admin make one'}`,
  ]);
}

async function verify({ out }: CommandContext, file: string, ca: string | undefined): Promise<void> {
  const verified = await verifyBundle(file, ca === undefined ? undefined : (await readPem(BY_HAND, ca)).text);
  out.result(verified, (paint) => [
    `${paint('green', 'sound')}  ${file}: ${verified.files} files of grafos ${verified.version} for ${verified.target}`,
    `  signed by  ${verified.signed_by ?? 'not looked at; give --ca'}`,
  ]);
}

function wrong(what: string): GrafosError {
  return new GrafosError('wrong_usage', what, {
    next: 'Give --target to make a bundle, with --cert and --key to sign it; or --verify FILE.',
  });
}
