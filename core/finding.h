/* SPDX-License-Identifier: Apache-2.0 */
/* finding.h: what is wrong with the configuration, told with file and line. */
#ifndef SSP_CORE_FINDING_H
#define SSP_CORE_FINDING_H

#include <stdbool.h>

#include "sspi/sspix.h"

/* Who is told, besides the trace.  NULL in place of this: the trace only. */
struct findings {
    sspi_finding_fn *say; /* NULL: nobody */
    void *arg;
    bool fatal; /* something fatal was found */
};

/*
 * Tell of a fault at line of file (0: the whole file) and hand status back.  A negative status
 * is fatal: packages are lost.  The line of the trace begins with "FILE:LINE: ".
 */
#define finding_refuse(to, status, file, line, ...)                                                \
    finding_tell(__FILE__, __LINE__, __func__, (to), (status), (file), (line), __VA_ARGS__)
/* Tell of something worth knowing that takes nothing down. */
#define finding_note(to, file, line, ...)                                                          \
    ((void)finding_tell(__FILE__, __LINE__, __func__, (to), SEC_E_OK, (file), (line), __VA_ARGS__))

SECURITY_STATUS finding_tell(const char *source, int source_line, const char *func,
                             struct findings *to, SECURITY_STATUS status, const char *file,
                             int line, const char *fmt, ...) __attribute__((format(printf, 8, 9)));

#endif
