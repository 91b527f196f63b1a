/* SPDX-License-Identifier: Apache-2.0 */
/* attributes.h: QueryContextAttributes and SetContextAttributes, and text in what they give. */
#ifndef SSP_CORE_ATTRIBUTES_H
#define SSP_CORE_ATTRIBUTES_H

#include "core/context.h"

/* buffer gets the A layout.  size: bytes at buffer, 0 if the caller did not say. */
SECURITY_STATUS attr_query(CtxtHandle handle, uint32_t attribute, void *buffer, uint32_t size);
/* For the Ex calls: SEC_E_BUFFER_TOO_SMALL if an answer does not fit into size bytes. */
SECURITY_STATUS attr_check_size(uint32_t attribute, uint32_t size);
SECURITY_STATUS attr_set(CtxtHandle handle, uint32_t attribute, const void *buffer, uint32_t size);

/*
 * Turn the A layout at buffer into the W layout: each string and package description in it is
 * replaced.  On failure (SEC_E_INSUFFICIENT_MEMORY, SEC_E_INTERNAL_ERROR for text that is not
 * UTF-8) all of them are freed and their pointers NULL.
 */
SECURITY_STATUS attr_widen_context(uint32_t attribute, void *buffer);
SECURITY_STATUS attr_widen_credential(uint32_t attribute, void *buffer);

/* SecPkgInfo of n packages with their strings, one mem_result; NULL: out of memory. */
SecPkgInfoA *attr_package_info(struct package *const *packages, size_t n);
/* The same as SecPkgInfoW; info stays the caller's. */
SecPkgInfoW *attr_widen_package_info(const SecPkgInfoA *info, size_t n);

#endif
