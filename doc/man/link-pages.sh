#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# link-pages.sh install|uninstall MANDIR < links: pages by their other names, as .so pages, which
# every man reads and no compression of the real page breaks.
set -eu
what=$1
mandir=$2

while read -r page names; do
    case $page in '' | '#'*) continue ;; esac
    section=${page##*.}
    for name in $names; do
        if [ "$what" = install ]; then
            echo ".so man$section/$page" >"$mandir/man$section/$name.$section"
            chmod 644 "$mandir/man$section/$name.$section"
        else
            rm -f "$mandir/man$section/$name.$section"
        fi
    done
done
