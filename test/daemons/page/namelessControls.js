/** Runs in the page: controls a screen reader would have no name for. */
[...document.querySelectorAll('button, input, textarea')]
  .filter((control) => control.checkVisibility())
  .filter((control) => {
    const { labels, ariaLabel, textContent } = control;
    return !labels?.length && !ariaLabel && !control.hasAttribute('aria-labelledby') && textContent === '';
  })
  .map((control) => control.outerHTML);
