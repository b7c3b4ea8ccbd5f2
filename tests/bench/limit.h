// SPDX-License-Identifier: ISC
// The loops of limit: each serves a blocking listening socket for ever, or throws
// std::system_error.
#pragma once

namespace minetd::bench {

void serve_vm_prefork_exec(int listener, char** program);
void serve_vm(int listener, char** program);
void serve_vm_x2(int listener, char** program);
void serve_vfork(int listener, char** program);
void serve_fork(int listener, char** program);
void serve_echo_epoll_1(int listener, char** program);
void serve_echo_procs(int listener, char** program);

}  // namespace minetd::bench
