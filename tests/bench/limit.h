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
void serve_echo_epoll_1(int listener, char**);
void serve_echo_epoll_2(int listener, char**);
/// The first argument is how many clients are served at once; 64 where there is none, or no
/// `arguments` at all.
void serve_echo_threads(int listener, char** arguments);
void serve_echo_procs(int listener, char** arguments);

}  // namespace minetd::bench
