// A file system without a disk: each path below a folder is a file of the program that the
// environment names as JSON, a map of paths to texts.
const vscode = require('vscode');

const SCHEME = 'grafos-memory';

exports.activate = (context) => {
  const files = new Map(
    Object.entries(JSON.parse(process.env.GRAFOS_MEMORY_FILES ?? '{}')).map(([path, text]) => [
      path,
      Buffer.from(text),
    ]),
  );
  const changed = new vscode.EventEmitter();
  const isFolder = (path) => path === '/' || [...files.keys()].some((name) => name.startsWith(`${path}/`));
  const provider = {
    onDidChangeFile: changed.event,
    watch: () => new vscode.Disposable(() => {}),
    stat({ path }) {
      const bytes = files.get(path);
      if (bytes !== undefined) return { type: vscode.FileType.File, ctime: 0, mtime: 0, size: bytes.length };
      if (isFolder(path)) return { type: vscode.FileType.Directory, ctime: 0, mtime: 0, size: 0 };
      throw vscode.FileSystemError.FileNotFound(path);
    },
    readDirectory({ path }) {
      const below = path === '/' ? '/' : `${path}/`;
      const names = new Map();
      for (const name of files.keys()) {
        if (!name.startsWith(below)) continue;
        const [first, ...rest] = name.slice(below.length).split('/');
        names.set(first, rest.length > 0 ? vscode.FileType.Directory : vscode.FileType.File);
      }
      return [...names];
    },
    readFile({ path }) {
      const bytes = files.get(path);
      if (bytes === undefined) throw vscode.FileSystemError.FileNotFound(path);
      return bytes;
    },
    writeFile({ path }, bytes) {
      files.set(path, Buffer.from(bytes));
    },
    createDirectory() {},
    delete({ path }) {
      files.delete(path);
    },
    rename(from) {
      throw vscode.FileSystemError.NoPermissions(from);
    },
  };
  context.subscriptions.push(vscode.workspace.registerFileSystemProvider(SCHEME, provider));
};
