import { TextDocuments } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { decodeText } from '../program/decodeText.ts';
import { ProgramReader } from '../program/programReader.ts';
import { pathOfUri, uriOfPath } from './filePaths.ts';

/**
 * The documents that the client has open, by absolute path. A document that is not a file belongs
 * to no program and is ignored.
 */
export class OpenTexts {
  readonly documents = new TextDocuments(TextDocument);
  readonly #byPath = new Map<string, string>();
  /**
   * The URI of each file as the client writes it, for files it has or had open. Clients differ in
   * the characters they escape.
   */
  readonly #uris = new Map<string, string>();

  opened(uri: string): void {
    const path = pathOfUri(uri);
    if (path === null) return;
    this.#byPath.set(path, uri);
    this.#uris.set(path, uri);
  }

  closed(uri: string): void {
    const path = pathOfUri(uri);
    if (path !== null) this.#byPath.delete(path);
  }

  at(path: string): TextDocument | undefined {
    const uri = this.#byPath.get(path);
    return uri === undefined ? undefined : this.documents.get(uri);
  }

  uriOf(path: string): string {
    return this.#uris.get(path) ?? uriOfPath(path);
  }

  paths(): string[] {
    return [...this.#byPath.keys()];
  }

  /** The open texts of files of a program that are not what is on the disk. */
  unsaved(root: string, paths: Iterable<string>): Map<string, string> {
    const reader = new ProgramReader(root);
    const overlay = new Map<string, string>();
    for (const path of paths) {
      const text = this.at(path)?.getText();
      if (text !== undefined && text !== savedText(reader, path, text.length)) overlay.set(path, text);
    }
    return overlay;
  }
}

/** The text on the disk when it may be equal to one of that length, else null. */
function savedText(reader: ProgramReader, path: string, length: number): string | null {
  const seen = reader.look(path);
  // One UTF-16 unit takes one to three bytes in either encoding; a byte order mark three more.
  if (seen.state !== 'ok' || seen.stat.size < length || seen.stat.size > 3 * length + 3) return null;
  const read = reader.read(path, 'source');
  return read.state === 'ok' ? decodeText(read.bytes) : null;
}
