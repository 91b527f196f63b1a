/* SPDX-License-Identifier: Apache-2.0 */
/*
 * say.h: what the command says to people, on standard error unless told otherwise.
 *
 * Much of it comes from peers and files, so control characters never reach the terminal: they
 * are shown as \xNN.
 */
#ifndef SSPI_TOOL_SAY_H
#define SSPI_TOOL_SAY_H

#include <stdio.h>

#include <sspi/sspi.h>

/* The name that goes before each message, e.g. "sspi list".  Kept, not copied. */
void say_as(const char *name);
const char *say_name(void);

/* "sspi list: text". */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* say, then where to find help.  TOOL_USAGE, for `return say_usage(...)`. */
int say_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Where to find help, when getopt has complained already.  TOOL_USAGE. */
int say_hint(void);

/* "sspi list: what: SEC_E_NAME: a sentence", and how to learn more.  TOOL_FAILED. */
int say_status(SECURITY_STATUS status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* How to learn more of a failure. */
void say_why(void);

/* "SEC_E_NAME: a sentence", or the number; room for both at text. */
const char *status_words(SECURITY_STATUS status, char *text, size_t room);

/* Text with its control characters shown rather than sent. */
void put_safe(FILE *to, const char *text);

#endif
