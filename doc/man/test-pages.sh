#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The manual, checked: the pages' form, their references, a page for every exported symbol, and
# that each example marked  .\" compile: NAME  compiles without a warning.  TAP.
cd "$SSP_TEST_SRC/doc/man" || exit 99
work=$(mktemp -d "${TMPDIR:-/tmp}/sspi-man-XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
pages=$(ls ./*.[1-9])
n=0

# tell NAME: ok if the file $work/faults is empty
tell()
{
    n=$((n + 1))
    if [ -s "$work/faults" ]; then
        sed 's/^/# /' "$work/faults"
        echo "not ok $n - $1"
    else
        echo "ok $n - $1"
    fi
}

if command -v mandoc >/dev/null 2>&1; then
    # shellcheck disable=SC2086
    mandoc -Tlint -Wwarning $pages >"$work/faults" 2>&1
    tell 'mandoc finds nothing wrong'
else
    n=$((n + 1))
    echo "ok $n - mandoc finds nothing wrong # SKIP there is no mandoc"
fi

# Every "NAME SECTION" that a page or a link gives.
for page in $pages; do
    page=${page#./}
    echo "${page%.*} ${page##*.}"
done >"$work/there"
while read -r page names; do
    case $page in '' | '#'*) continue ;; esac
    for name in $names; do
        echo "$name ${page##*.}"
    done
done <links >>"$work/there"

sort "$work/there" | uniq -d >"$work/faults"
tell 'no name leads to two pages'

while read -r page names; do
    case $page in '' | '#'*) continue ;; esac
    [ -f "$page" ] || echo "links: there is no $page"
    for name in $names; do
        case $name in *[a-z][AW]) grep -q "${name%[AW]}" "$page" && continue ;; esac
        grep -q "$name" "$page" || echo "links: $page does not tell of $name"
    done
done <links >"$work/faults"
tell 'each link leads to a page that tells of it'

# References to pages of ours; the names that other people's pages have are theirs to keep.
others=' dlsym fnmatch fork install malloc memcmp poll pthread_atfork read rename sha256sum smbpasswd '
# shellcheck disable=SC2086
sed -n 's/^\.Xr \([^ ]*\) \([1-9]\).*/\1 \2/p' $pages | sort -u | while read -r name section; do
    case $others in *" $name "*) continue ;; esac
    grep -qx "$name $section" "$work/there" || echo "there is no $name($section)"
done >"$work/faults"
tell 'each reference leads somewhere'

sed -n 's/^ *\([A-Za-z_][A-Za-z0-9_]*\);$/\1/p' ../../core/sspi.map | while read -r symbol; do
    grep -qx "$symbol 3" "$work/there" || echo "$symbol has no page"
done >"$work/faults"
tell 'each exported symbol has a page'

# shellcheck disable=SC2086
awk -v work="$work" '
    /^\.\\" compile: / { name = $3; next }
    /^\.Bd -literal/ && name { out = work "/" name ".c"; next }
    /^\.Ed/ { out = name = ""; next }
    out { gsub(/\\&/, ""); gsub(/\\e/, "\\"); print > out }' $pages
for example in "$work"/*.c; do
    ${CC:-cc} -std=gnu17 -Wall -Wextra -Wconversion -Werror -fsyntax-only \
        -I../../include -I../../include/sspi "$example" >"$work/faults" 2>&1
    tell "the example $(basename "$example" .c) compiles"
done

echo "1..$n"
