/* SPDX-License-Identifier: Apache-2.0 */
/* tool.h: the commands of sspi(1); each takes its own argv and gives an exit status. */
#ifndef SSPI_TOOL_H
#define SSPI_TOOL_H

enum { TOOL_OK = 0, TOOL_FAILED = 1, TOOL_USAGE = 2 };

int list_main(int argc, char **argv);
int check_main(int argc, char **argv);
int user_main(int argc, char **argv);
int serve_main(int argc, char **argv);
int connect_main(int argc, char **argv);
int decode_main(int argc, char **argv);
int status_main(int argc, char **argv);

#endif
