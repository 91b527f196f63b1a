/* SPDX-License-Identifier: Apache-2.0 */
/* plug.h: what dispatch.c knows of plug.c. */
#ifndef BENCH_PLUG_H
#define BENCH_PLUG_H

#include "sspi/package.h"

#define PLUG_NAME "BenchPlug"

#endif
