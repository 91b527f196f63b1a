#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Memory runs out at each allocation in turn: see tests/oom/scenario.c.  TAP.
# With a word as argument, only the steps that have it in their name.
build=${SSP_TEST_BUILD:?"run by make check"}
LD_PRELOAD=$build/tests/oom/.libs/failalloc.so exec "$build/tests/oom/scenario" "$@"
