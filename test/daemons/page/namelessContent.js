/** Runs in the page: tables, column heads and scrolled text a screen reader has no name for. */
(() => {
  const nameOf = (element) => {
    const ids = element.getAttribute('aria-labelledby')?.split(' ') ?? [];
    const labels = ids.map((id) => document.getElementById(id)?.textContent ?? '');
    return [element.ariaLabel, element.querySelector(':scope > caption')?.textContent, ...labels].join('').trim();
  };
  // A `pre` takes no name of its own: the part around it has one.
  const named = (pre) => pre.closest('[role="region"], section, ol, ul, [role="log"]') ?? pre;
  const nameless = [
    ...[...document.querySelectorAll('table, [tabindex="0"]')].filter((element) => nameOf(element) === ''),
    ...[...document.querySelectorAll('pre')].filter((element) => nameOf(named(element)) === ''),
    ...[...document.querySelectorAll('th')].filter((element) => element.textContent.trim() === ''),
  ];
  return nameless.filter((element) => element.checkVisibility()).map((element) => element.outerHTML.slice(0, 200));
})();
