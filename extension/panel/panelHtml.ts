/**
 * The empty page of the Run panel; messages fill it. Scripts and styles come only from the
 * extension's own files, and no part of the page reaches the network.
 */
export function panelHtml(page: {
  script: string;
  style: string;
  /** The origin of the editor's own resources, as the policy names it. */
  cspSource: string;
  nonce: string;
  /** Language of the editor, as `en`. */
  language: string;
}): string {
  const { script, style, cspSource, nonce } = page;
  const language = /^[A-Za-z-]+$/.test(page.language) ? page.language : 'en';
  const policy = `default-src 'none'; style-src ${cspSource}; script-src 'nonce-${nonce}'; img-src data:`;
  return `<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>Run</title>
<link rel="stylesheet" href="${style}">
</head>
<body>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
