#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Memory runs out in a program that loads the library at run time: see tests/oom/dlopened.c.  TAP.
build=${SSP_TEST_BUILD:?"run by make check"}
LD_PRELOAD=$build/tests/oom/.libs/failalloc.so exec "$build/tests/oom/dlopened"
