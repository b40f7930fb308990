import type { ParsedManifest } from './manifest.ts';
import type { Span } from './textLines.ts';

/** A change of a manifest's text. The span counts without a byte order mark. */
export interface FuelEdit {
  span: Span;
  newText: string;
}

/**
 * Makes the edit that sets the fuel of a tasklet. Everything else of the text stays as it is,
 * comments included. Null where the text has no such tasklet, or has it in a form without lines of
 * its own.
 */
export function fuelEdit({ tasklets, document }: ParsedManifest, name: string, fuel: number): FuelEdit | null {
  const tasklet = tasklets.find((one) => one.name === name);
  if (tasklet === undefined) return null;
  const given = tasklet.values.fuel;
  if (given !== undefined && given.value.type !== 'table') return { span: given.value.span, newText: fuelText(fuel) };
  const after = tasklet.values.source ?? tasklet.values.name;
  if (given !== undefined || after === undefined || tasklet.table.form !== 'element') return null;
  const { text } = document;
  const end = text.indexOf('\n', after.value.span.end);
  const newLine = text.includes('\r\n') ? '\r\n' : '\n';
  const line = `fuel = ${fuelText(fuel)}`;
  return end === -1
    ? { span: { start: text.length, end: text.length }, newText: `${newLine}${line}${newLine}` }
    : { span: { start: end + 1, end: end + 1 }, newText: `${line}${newLine}` };
}

/** Writes fuel as a manifest does: `12_000_000`. */
export function fuelText(fuel: number): string {
  return String(fuel).replace(/\B(?=(?:\d{3})+$)/g, '_');
}
