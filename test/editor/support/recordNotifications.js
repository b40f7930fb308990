// Runs in the page, before the workbench, and records every notification as it appears, also those
// that go again.
const seen = [];
globalThis.notificationsSeen = seen;
const known = new WeakSet();
new MutationObserver(() => {
  for (const message of document.querySelectorAll('.notification-list-item-message')) {
    const item = message.closest('.notification-list-item');
    const icon = item?.querySelector('.notification-list-item-icon');
    if (!icon || known.has(item) || message.textContent === '') continue;
    known.add(item);
    const kind = ['error', 'warning', 'info'].find((one) => icon.classList.contains(`codicon-${one}`)) ?? 'unknown';
    seen.push({ kind, text: message.textContent });
  }
}).observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ['class'] });
