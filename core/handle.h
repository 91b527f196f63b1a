/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle.h: what a CredHandle or CtxtHandle stands for.
 *
 * A handle is a slot number and that slot's generation, never a pointer.  Closing ends the
 * generation, so that a stale, copied, zeroed or invented handle finds nothing.  Whoever works
 * on an object holds it; the object goes with the last hold after the close.
 */
#ifndef SSP_CORE_HANDLE_H
#define SSP_CORE_HANDLE_H

#include <stdbool.h>

#include "sspi/sspi.h"

enum hnd_kind { HND_CREDENTIAL = 1, HND_CONTEXT = 2 };

/* Called once, without a lock, in whichever thread lets go last. */
typedef void hnd_free_fn(void *object);

/* A new handle for an object, which is the table's from now on.  false: out of memory. */
bool hnd_open(enum hnd_kind kind, void *object, hnd_free_fn *free_object, SecHandle *handle);

/* The object, kept alive until hnd_drop of the same handle; NULL: not a live one of that kind. */
void *hnd_hold(SecHandle handle, enum hnd_kind kind);
void hnd_drop(SecHandle handle);

/* End the handle; the object goes with its last hold.  false: not a live one of that kind. */
bool hnd_close(SecHandle handle, enum hnd_kind kind);

#endif
