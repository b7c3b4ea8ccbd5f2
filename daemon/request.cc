// SPDX-License-Identifier: ISC
#include "daemon/request.h"

#include <fmt/core.h>
#include <sysexits.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace minetd {
namespace {

constexpr int asks = 0x72656c64, went_well = 0x72656c30, went_wrong = 0x72656c31;
/// A signal that is pending already swallows ours with its value: then it is asked again.
constexpr timespec patience{.tv_sec = 10, .tv_nsec = 0};

int receive_answer(pid_t daemon, const sigset_t& set) {
    for (;;) {
        siginfo_t info;
        if (::sigtimedwait(&set, &info, &patience) < 0) {
            if (errno == EINTR) continue;
            return 0;
        }
        if (info.si_code != SI_QUEUE || info.si_pid != daemon) continue;
        if (info.si_value.sival_int == went_well || info.si_value.sival_int == went_wrong)
            return info.si_value.sival_int;
    }
}

int request(pid_t daemon, int signal, const char* what, const char* refusal) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    for (;;) {
        if (::sigqueue(daemon, signal, {.sival_int = asks}) < 0) {
            fmt::print(stderr, "minetd: process {} cannot be asked to {}: {}\n", daemon, what,
                       std::strerror(errno));
            return errno == EPERM ? EX_NOPERM : EX_UNAVAILABLE;
        }
        const int outcome = receive_answer(daemon, set);
        if (outcome == went_well) return EX_OK;
        if (outcome == went_wrong) {
            fmt::print(stderr, "minetd: {}\n", refusal);
            return EX_CONFIG;
        }
    }
}

}  // namespace

int request_reload(pid_t daemon) {
    return request(daemon, SIGHUP, "reload",
                   "the configuration has errors, and what they concern stays as it was; `minetd "
                   "--check` tells them");
}

int request_upgrade(pid_t daemon) {
    return request(daemon, SIGUSR2, "upgrade",
                   "the upgrade was refused, and the daemon goes on as before; its log says why");
}

bool is_request(int value) noexcept {
    return value == asks;
}

void answer(pid_t asker, Answer outcome) noexcept {
    if (asker > 0)
        ::sigqueue(asker, SIGUSR1, {.sival_int = outcome == Answer::done ? went_well : went_wrong});
}

void ask(pid_t daemon, int signal) noexcept {
    ::sigqueue(daemon, signal, {.sival_int = asks});
}

std::optional<Answer> answer_in(int value) noexcept {
    if (value == went_well) return Answer::done;
    if (value == went_wrong) return Answer::refused;
    return std::nullopt;
}

}  // namespace minetd
