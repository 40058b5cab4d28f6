#!/usr/bin/env bash
# Installs auditor from the checkout of this script, with pinned dependencies, into a virtual environment.
#
#   install.sh FOLDER   the virtual environment; its commands are added to the path of later steps
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python3 -m venv "$1"
"$1/bin/pip" install --quiet --disable-pip-version-check --require-hashes \
  -r "$here/requirements/build.txt" -r "$here/requirements/runtime.txt"
"$1/bin/pip" install --quiet --disable-pip-version-check --no-deps --no-build-isolation "$here"
if [[ -n ${GITHUB_PATH:-} ]]; then echo "$1/bin" >>"$GITHUB_PATH"; fi
if [[ -n ${TF_BUILD:-} ]]; then echo "##vso[task.prependpath]$1/bin"; fi
"$1/bin/auditor" --version
