/* SPDX-License-Identifier: Apache-2.0 */
/* mock-no-entry.c: a shared object that is no module. */
__attribute__((visibility("default"))) int mock_something_else(void);

int mock_something_else(void)
{
    return 1;
}
