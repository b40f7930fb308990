import type { Page } from 'playwright-core';

/** Texts whose contrast with what lies behind them is below WCAG 2.2 AA (4.5:1; nothing on the page counts as large). */
export async function contrastFaults(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
    if (canvas === null) throw new Error('no canvas');
    type Rgb = [number, number, number];
    // Painting colours over each other lets the browser do colour spaces and transparency.
    const paint = (colors: string[]): Rgb => {
      canvas.clearRect(0, 0, 1, 1);
      for (const color of colors) {
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
      }
      const [r = 0, g = 0, b = 0] = canvas.getImageData(0, 0, 1, 1).data;
      return [r, g, b];
    };
    const luminance = (rgb: Rgb): number => {
      const [r = 0, g = 0, b = 0] = rgb.map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const faults: string[] = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const element = texts.currentNode.parentElement;
      const words = texts.currentNode.textContent?.trim();
      if (!element || !words || !element.checkVisibility() || element.closest('.visually-hidden, :disabled')) continue;
      const behind: string[] = [];
      for (let at: Element | null = element; at !== null; at = at.parentElement) {
        behind.unshift(getComputedStyle(at).backgroundColor);
      }
      const ground = paint(['white', ...behind]);
      const ink = paint(['white', ...behind, getComputedStyle(element).color]);
      const [dark = 0, light = 0] = [luminance(ground), luminance(ink)].sort((a, b) => a - b);
      const ratio = (light + 0.05) / (dark + 0.05);
      if (ratio < 4.5) faults.push(`${ratio.toFixed(2)} ${element.tagName} "${words.slice(0, 40)}"`);
    }
    return faults;
  });
}
