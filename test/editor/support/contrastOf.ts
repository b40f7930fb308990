import type { Locator } from 'playwright-core';

/** Runs in the page, whose library these tests are not checked against. */
const colorsOf = new Function(
  'one',
  `const backgrounds = [];
  for (let at = one; at !== null; at = at.parentElement) backgrounds.push(getComputedStyle(at).backgroundColor);
  const { color } = getComputedStyle(one);
  return { color, backgrounds, what: one.tagName + ' "' + one.textContent.slice(0, 40) + '" ' + color + ' on ' + backgrounds.join(' / ') };`,
) as (one: unknown) => { color: string; backgrounds: string[]; what: string };

/**
 * Contrast of an element's text with its background, as WCAG 2.2 counts it, and the element in
 * words.
 */
export async function contrastOf(element: Locator): Promise<{ contrast: number; what: string }> {
  const { color, backgrounds, what } = await element.evaluate(colorsOf);
  // From the outermost inwards, each over the one below it. A page is white before anything is
  // drawn.
  const behind = backgrounds.reverse().reduce((under, text) => over(channels(text), under), [255, 255, 255, 1]);
  const [light, dark] = [luminance(over(channels(color), behind)), luminance(behind)].sort((one, other) => other - one);
  return { contrast: ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05), what };
}

/** Red, green, blue (0 to 255) and alpha (0 to 1) of a computed colour. */
function channels(text: string): number[] {
  const numbers = [...text.matchAll(/[\d.]+/g)].map(([number]) => Number(number));
  const scale = text.startsWith('color(srgb') ? 255 : 1;
  const [red = 0, green = 0, blue = 0, alpha = 1] = numbers;
  return [red * scale, green * scale, blue * scale, alpha];
}

function over([red = 0, green = 0, blue = 0, alpha = 1]: number[], under: number[]): number[] {
  return [red, green, blue].map((value, index) => value * alpha + (under[index] ?? 0) * (1 - alpha)).concat(1);
}

function luminance([red = 0, green = 0, blue = 0]: number[]): number {
  const [r = 0, g = 0, b = 0] = [red, green, blue].map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
