import { element } from './elements.js';

/** @import { Place } from '../../daemons/wire/place.ts' */

/**
 * A place of a failure as an item of a list: file, line, column and function, and the line's text.
 *
 * @param {Place} place
 */
export function placeItem({ function: name, file, line, column, excerpt, begins, left_out }) {
  if (left_out !== undefined) return element('li', { class: 'muted' }, left_out.message);
  const at = file === null ? '' : [file, line, column].filter((part) => part !== null).join(':');
  return element(
    'li',
    {},
    ...(begins ? ['in a function that begins at '] : []),
    ...(at === '' ? [] : [element('code', {}, at), ' ']),
    ...(name === null ? [] : [element('span', { class: 'muted' }, name)]),
    ...(excerpt === null ? [] : [element('pre', {}, excerpt)]),
  );
}
