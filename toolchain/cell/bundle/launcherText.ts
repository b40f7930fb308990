/**
 * The script `bin/grafos` of a bundle. It finds its folder behind links, and becomes the bundle's
 * own Node, so that signals reach grafos itself.
 */
export function launcherText(): string {
  return `#!/bin/sh
# Runs grafos on the Node of this folder.
file=$0
while [ -L "$file" ]; do
  target=$(readlink "$file")
  case $target in
    /*) file=$target ;;
    *) file=$(dirname "$file")/$target ;;
  esac
done
folder=$(CDPATH= cd "$(dirname "$file")/.." && pwd -P) || exit 3
exec "$folder/node/bin/node" "$folder/bin/grafos.cjs" "$@"
`;
}
