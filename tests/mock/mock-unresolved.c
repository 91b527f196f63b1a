/* SPDX-License-Identifier: Apache-2.0 */
/* mock-unresolved.c: a module that needs a function which nobody has. */
#include "sspi/package.h"

int mock_nobody_has_this(void);

const struct ssp_package *const *ssp_package_entry(const struct ssp_host *host)
{
    static const struct ssp_package *const none[] = { NULL };

    (void)host;
    return mock_nobody_has_this() ? none : NULL;
}
