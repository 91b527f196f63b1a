# SSP_SANITIZE: --enable-sanitize[=address|thread] adds the sanitizers' flags to SSP_CFLAGS.
AC_DEFUN([SSP_SANITIZE], [
  AC_ARG_ENABLE([sanitize],
    [AS_HELP_STRING([--enable-sanitize@<:@=address|thread@:>@],
                    [build with address and undefined-behaviour (default) or thread sanitizer])],
    [], [enable_sanitize=no])
  AS_CASE([$enable_sanitize],
    [yes|address], [ssp_san="-fsanitize=address,undefined -fno-sanitize-recover=undefined"],
    [thread], [ssp_san="-fsanitize=thread"],
    [no], [ssp_san=],
    [AC_MSG_ERROR([--enable-sanitize takes address or thread])])
  AS_IF([test -n "$ssp_san"], [
    SSP_CFLAGS="$SSP_CFLAGS $ssp_san -fno-omit-frame-pointer"
    AS_IF([test "x$enable_sanitize" = xyes], [enable_sanitize=address])
  ])
  AM_CONDITIONAL([SANITIZE_ADDRESS], [test "x$enable_sanitize" = xaddress])
  AM_CONDITIONAL([SANITIZE_THREAD], [test "x$enable_sanitize" = xthread])
])
