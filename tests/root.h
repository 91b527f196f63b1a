/* SPDX-License-Identifier: Apache-2.0 */
/* root.h: a configuration of a test's own: a temporary folder that SSPI_CONFIG names. */
#ifndef SSP_TESTS_ROOT_H
#define SSP_TESTS_ROOT_H

/* Make the folder, with module_folder set to that of the built modules; put it into force. */
void root_begin(const char *settings); /* more members of sspi.json, e.g. "\"max_legs\": 3", or NULL */
/* A file in it, e.g. "packages.d/x.json".  Takes a printf format. */
void root_write(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The path of a file in it.  Static memory. */
const char *root_path(const char *name);
/* Remove the folder and all in it. */
void root_end(void);

#endif
