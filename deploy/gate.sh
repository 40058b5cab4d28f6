#!/usr/bin/env bash
# Runs `auditor gate` in a pipeline of any system. Writes the reports and the exit code (file `exit-code`) to a folder.
#
#   AUDITOR_FILES      files to evaluate, one path per line
#   AUDITOR_ARGUMENTS  further options of `auditor gate`, one per line with its value; no shell expands them
#   AUDITOR_REPORTS    the folder of the reports; default: auditor-reports
#   AUDITOR_TRUSTED_CONFIG  settings from outside the change, for `--trusted-config`; `checkout` uses those of the
#                      change. Default: the settings and exemptions of the target branch of a pull request.
#   AUDITOR_GIT_TOKEN  reads the target branch if the checkout keeps no credentials
#
# Exits with 0 whatever the result, so that the reports can be published; a later step exits with `exit-code`.
set -euo pipefail
export AUDITOR_NO_CACHE=1 # a cache that a runner restores may come from another change

reports=${AUDITOR_REPORTS:-auditor-reports}
mkdir -p "$reports"

lines() { # the non-empty lines of a text, without surrounding spaces
  sed -e 's/^[[:space:]]*//' -e 's/[[:space:]]*$//' -e '/^$/d' <<<"$1"
}
mapfile -t files < <(lines "${AUDITOR_FILES:-}")
arguments=()
while read -r option value; do
  if [[ -n $option ]]; then arguments+=("$option"); fi
  if [[ -n $value ]]; then arguments+=("$value"); fi
done < <(lines "${AUDITOR_ARGUMENTS:-}")

target_branch() { # copies the files of the target branch, below the current folder, to a folder
  local branch=$1 folder=$2
  if ! git fetch --quiet --depth=1 origin "$branch" 2>/dev/null; then
    if [[ -z ${AUDITOR_GIT_TOKEN:-} ]]; then return 1; fi
    local basic
    basic=$(printf 'x-access-token:%s' "$AUDITOR_GIT_TOKEN" | base64 | tr -d '\n')
    GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=http.extraHeader GIT_CONFIG_VALUE_0="Authorization: basic $basic" \
      git fetch --quiet --depth=1 origin "$branch" || return 1
  fi
  git archive FETCH_HEAD . | tar -x -C "$folder"
}

trusted=${AUDITOR_TRUSTED_CONFIG:-}
branch=${GITHUB_BASE_REF:-${SYSTEM_PULLREQUEST_TARGETBRANCH:-}}
if [[ -z $trusted && -n $branch ]]; then
  target=$(mktemp -d)
  trap 'rm -rf "$target"' EXIT
  if target_branch "$branch" "$target"; then
    touch "$target/auditor.yaml"
    trusted=$target/auditor.yaml
  else
    echo "Cannot read the settings of $branch, so no settings apply." >&2
    trusted=/dev/null
  fi
fi
if [[ -n $trusted && $trusted != checkout ]]; then arguments+=(--trusted-config "$trusted"); fi

shown=text
if [[ ${GITHUB_ACTIONS:-} == true ]]; then shown=github; fi

code=0
auditor gate "${arguments[@]}" \
  --format sarif --output "$reports/auditor.sarif" \
  --format junit --output "$reports/auditor.xml" \
  --format markdown --output "$reports/auditor.md" \
  --format json --output "$reports/auditor.json" \
  --format "$shown" -- "${files[@]}" || code=$?
echo "$code" >"$reports/exit-code"

if [[ ! -f $reports/auditor.md ]]; then
  printf '## Audit\n\nThe gate could not evaluate the change (exit code %s). See the log.\n' \
    "$code" >"$reports/auditor.md"
fi
if [[ -n ${GITHUB_STEP_SUMMARY:-} ]]; then cat "$reports/auditor.md" >>"$GITHUB_STEP_SUMMARY"; fi
if [[ -n ${GITHUB_OUTPUT:-} ]]; then
  {
    echo "exit-code=$code"
    echo "reports=$reports"
    if [[ -f $reports/auditor.sarif ]]; then echo "sarif=$reports/auditor.sarif"; fi
  } >>"$GITHUB_OUTPUT"
fi
if [[ -n ${TF_BUILD:-} ]]; then echo "##vso[task.uploadsummary]$(realpath "$reports/auditor.md")"; fi
