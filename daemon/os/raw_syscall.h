// SPDX-License-Identifier: ISC
// System calls without the C library, for a child between clone(CLONE_VM) and exec: libc's wrappers
// would write the parent's errno, and its setuid() would try to reach the parent's threads.
// Results are the kernel's: a negative value is -errno.
#pragma once

#include <sys/syscall.h>

namespace minetd::raw {

#if defined(__x86_64__)

inline long call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                 long f = 0) noexcept {
    long result;
    register long r10 asm("r10") = d;
    register long r8 asm("r8") = e;
    register long r9 asm("r9") = f;
    asm volatile("syscall"
                 : "=a"(result)
                 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                 : "rcx", "r11", "memory");
    return result;
}

#elif defined(__aarch64__)

inline long call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                 long f = 0) noexcept {
    register long x8 asm("x8") = number;
    register long x0 asm("x0") = a;
    register long x1 asm("x1") = b;
    register long x2 asm("x2") = c;
    register long x3 asm("x3") = d;
    register long x4 asm("x4") = e;
    register long x5 asm("x5") = f;
    asm volatile("svc 0"
                 : "+r"(x0)
                 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                 : "memory");
    return x0;
}

#else
#error "daemon/os/raw_syscall.h does not know this processor's system call instruction"
#endif

/// Pointers and descriptors alike travel in a register.
template <class... Arguments>
long syscall(long number, Arguments... arguments) noexcept {
    return call(number, (long)arguments...);
}

}  // namespace minetd::raw
