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

/// clone3(2) with a stack in `arguments`, on which the child runs `body(argument)` and ends with
/// what it returns. The pid, or -errno.
template <class Arguments>
__attribute__((noinline)) long clone3(Arguments& arguments, unsigned long size,
                                      int (*body)(void*) noexcept, void* argument) noexcept {
    long result;
    register int (*r12)(void*) noexcept asm("r12") = body;
    register void* r13 asm("r13") = argument;
    asm volatile(
        "syscall\n\t"
        "test %%rax, %%rax\n\t"
        "jnz 1f\n\t"
        "xor %%ebp, %%ebp\n\t"
        "mov %%r13, %%rdi\n\t"
        "call *%%r12\n\t"
        "mov %%eax, %%edi\n\t"
        "mov %[exit], %%eax\n\t"
        "syscall\n\t"
        "hlt\n"
        "1:"
        : "=a"(result)
        : "a"(SYS_clone3), "D"(&arguments), "S"(size), "r"(r12), "r"(r13), [exit] "i"(SYS_exit)
        : "rcx", "r11", "memory", "cc");
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

template <class Arguments>
__attribute__((noinline)) long clone3(Arguments& arguments, unsigned long size,
                                      int (*body)(void*) noexcept, void* argument) noexcept {
    register long x8 asm("x8") = SYS_clone3;
    register long x0 asm("x0") = reinterpret_cast<long>(&arguments);
    register unsigned long x1 asm("x1") = size;
    register int (*x19)(void*) noexcept asm("x19") = body;
    register void* x20 asm("x20") = argument;
    asm volatile(
        "svc 0\n\t"
        "cbnz x0, 1f\n\t"
        "mov x29, xzr\n\t"
        "mov x0, x20\n\t"
        "blr x19\n\t"
        "mov x8, %[exit]\n\t"
        "svc 0\n"
        "1:"
        : "+r"(x0)
        : "r"(x8), "r"(x1), "r"(x19), "r"(x20), [exit] "i"(SYS_exit)
        : "memory", "cc");
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
