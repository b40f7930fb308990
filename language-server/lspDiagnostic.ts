import { join } from 'node:path';
import { type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver/node';
import { packageRoot } from '../base/packageRoot.ts';
import { neutralText } from '../base/text/neutralText.ts';
import { findingPage, type Severity } from '../toolchain/validate/catalogue.ts';
import type { Finding } from '../toolchain/validate/finding.ts';
import { uriOfPath } from './filePaths.ts';

const SEVERITY: Record<Severity, DiagnosticSeverity> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
};

/** A finding as LSP 3.17 `Diagnostic`; its code leads to its page. */
export function lspDiagnostic({ code, severity, message, range }: Finding): Diagnostic {
  return {
    range,
    severity: SEVERITY[severity],
    code,
    codeDescription: { href: uriOfPath(join(packageRoot, findingPage(code))) },
    source: 'grafos',
    message: message.split('\n').map(neutralText).join('\n'),
  };
}
