// SPDX-License-Identifier: ISC
#include "daemon/background.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <sysexits.h>

#include "daemon/os/system_error.h"

namespace minetd {

Background::Background() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0) throw_errno("pipe");
    const UniqueFd reader(ends[0]);
    report_ = UniqueFd(ends[1]);
    const pid_t pid = ::fork();
    if (pid < 0) throw_errno("fork");
    if (pid == 0) {
        ::setsid();
        return;
    }
    report_.reset();
    char byte;
    if (::read(reader.get(), &byte, 1) == 1) ::_exit(EX_OK);
    int status = 0;
    ::waitpid(pid, &status, 0);
    ::_exit(WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : EX_SOFTWARE);
}

void leave_terminal() noexcept {
    const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    for (int fd = 0; fd <= 2; ++fd) ::dup2(null.get(), fd);
}

void Background::ready() noexcept {
    leave_terminal();
    (void)!::write(report_.get(), "", 1);
    report_.reset();
}

}  // namespace minetd
