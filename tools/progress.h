/* SPDX-License-Identifier: Apache-2.0 */
/* progress.h: how far a large transfer is, on a terminal. */
#ifndef SSPI_TOOL_PROGRESS_H
#define SSPI_TOOL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#define PROGRESS_MS 500 /* between two lines */

struct progress {
    bool on;
    bool shown;
    uint64_t sent; /* bytes */
    uint64_t received;
    uint64_t began; /* clock_ms */
    uint64_t last;
};

void progress_begin(struct progress *p);
void progress_show(struct progress *p); /* if it is time, and there is much to tell of */
void progress_end(struct progress *p);

#endif
