import * as vscode from 'vscode';
import { neutralText } from '../../base/text/neutralText.ts';
import type { FixtureResult } from '../../toolchain/cases/runFixtures.ts';
import { placeText } from '../../toolchain/places/placeText.ts';
import { placeUri } from '../places/placeUri.ts';

/** Kinds of messages, which the menus of the Test Explorer know. */
const MESSAGE = { acceptable: 'grafos.output', other: 'grafos.failure' };

/**
 * Marks the result of a fixture: the difference where it failed, the place in the source where its
 * run failed, the id and the log of the run.
 *
 * @param isAcceptable the new output can become the expectation
 */
export function showResult(
  run: vscode.TestRun,
  item: vscode.TestItem,
  root: string,
  result: FixtureResult,
  isAcceptable: boolean,
): void {
  const { mismatch, duration_us, fuel_used, run_id, log, places } = result;
  const print = (text: string) => run.appendOutput(`${neutralText(text)}\r\n`, undefined, item);
  print(`${mismatch === null ? 'pass' : 'FAIL'}  ${result.tasklet}/${result.case}  fuel ${fuel_used}`);
  if (mismatch === null) {
    run.passed(item, duration_us / 1_000);
    return;
  }
  print(`      ${mismatch.what}`);
  for (const place of places) print(`      ${placeText(place)}`);
  for (const line of log ?? []) print(`log   ${line}`);
  if (run_id !== null) print(`run   ${run_id}`);

  const what = neutralText(mismatch.what);
  const message =
    run_id === null ? new vscode.TestMessage(what) : vscode.TestMessage.diff(what, mismatch.expected, mismatch.actual);
  message.contextValue = isAcceptable ? MESSAGE.acceptable : MESSAGE.other;
  if (item.uri !== undefined) message.location = new vscode.Location(item.uri, new vscode.Position(0, 0));
  const messages = [message];
  const [first] = places;
  const at = first === undefined ? null : placeUri(root, first);
  if (at !== null) {
    const failed = new vscode.TestMessage(neutralText(mismatch.actual));
    failed.contextValue = MESSAGE.other;
    failed.location = new vscode.Location(at.uri, at.position);
    messages.push(failed);
  }
  run.failed(item, messages, duration_us / 1_000);
}
