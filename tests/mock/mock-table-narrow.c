/* SPDX-License-Identifier: Apache-2.0 */
/* mock-table-narrow.c: the provider of mock-table.c with the A calls only. */
#define MOCK_NARROW 1
#include "mock-table.c"
