// SPDX-License-Identifier: ISC
#include "daemon/notifications.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "daemon/notify_message.h"
#include "daemon/os/systemd.h"

namespace minetd {
namespace {

constexpr Milliseconds status_every = 2000;
/// How long a sign of life lasts, and how often it is renewed.
constexpr std::int64_t extension_us = 30'000'000, renew_us = 5'000'000;

std::string counted(std::uint64_t count, const char* one, const char* many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

}  // namespace

std::string status_text(const Situation& now) {
    std::string text = counted(now.services, "service", "services") + ", " +
                       counted(now.sessions, "session", "sessions");
    if (now.full_pools > 0)
        text += ", " + counted(now.full_pools, "pool at its limit", "pools at their limit");
    if (now.missing > 0)
        text += ", " + counted(now.missing, "address", "addresses") + " still to be bound";
    if (now.left_out > 0) text += ", " + counted(now.left_out, "service", "services") + " left out";
    return text;
}

Notifications::Notifications(EventLoop& loop, Look look)
    : look_(std::move(look)),
      listens_(systemd::has_notify_socket()),
      asked_us_(monotonic_us()),
      watchdog_(systemd::watchdog_us() / 2000),
      pulse_(loop, [this] { beat(); }),
      status_(loop, [this] { this->look(); }) {
    if (watchdog_ > 0) pulse_.schedule(0);
}

std::string Notifications::problem() {
    const char* listener = std::getenv("NOTIFY_SOCKET");
    if (systemd::can_notify() || listener == nullptr || *listener == '\0') return {};
    return "NOTIFY_SOCKET is set, but this minetd was built without libsystemd: the service "
           "manager hears nothing of it; its unit has to say Type=exec, and no WatchdogSec=";
}

void Notifications::starting() noexcept {
    if (!listens_ || monotonic_us() - asked_us_ < renew_us) return;
    asked_us_ = monotonic_us();
    systemd::notify(fmt::format("EXTEND_TIMEOUT_USEC={}", extension_us));
}

void Notifications::send_status(const std::string& before, const std::string& text) {
    said_ = text;
    systemd::notify(before + "STATUS=" + text);
}

void Notifications::ready() {
    if (!listens_) return;
    send_status("READY=1\n", note_ + status_text(look_()));
    status_.schedule(status_every);
}

void Notifications::reloading() {
    if (!listens_) return;
    systemd::notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}\nEXTEND_TIMEOUT_USEC={}",
                                monotonic_us(), extension_us));
}

void Notifications::reloaded(bool whole) {
    note_ = whole ? "" : "the last reload found errors; ";
    ready();
}

void Notifications::upgraded() {
    if (!listens_) return;
    systemd::notify(fmt::format("MAINPID={}", ::getpid()));
    ready();
}

void Notifications::upgrade_refused() {
    note_ = "the last upgrade was refused; ";
    ready();
}

void Notifications::stopping(const std::string& why) {
    if (!listens_) return;
    stopping_ = true;
    note_ = why + "; ";
    send_status(fmt::format("STOPPING=1\nEXTEND_TIMEOUT_USEC={}\n", extension_us),
                note_ + status_text(look_()));
    pulse_.schedule(renew_us / 1000);
    status_.schedule(status_every);
}

void Notifications::beat() {
    if (stopping_) systemd::notify(fmt::format("EXTEND_TIMEOUT_USEC={}", extension_us));
    if (watchdog_ > 0) systemd::notify("WATCHDOG=1");
    const Milliseconds renewal = renew_us / 1000;
    pulse_.schedule(watchdog_ == 0 ? renewal
                    : stopping_    ? std::min(watchdog_, renewal)
                                   : watchdog_);
}

/// Many sessions begin and end between two looks; the manager hears of what is different.
void Notifications::look() {
    const std::string text = note_ + status_text(look_());
    if (text != said_) send_status("", text);
    status_.schedule(status_every);
}

void notify_pid_file(const std::string& path) noexcept {
    systemd::notify(fmt::format("{}={}", pid_file_field, path));
}

void notify_failure(int error, const std::string& reason) noexcept {
    std::string line = reason;
    std::replace(line.begin(), line.end(), '\n', ' ');
    systemd::notify(fmt::format("ERRNO={}\nSTATUS={}", error, line));
}

}  // namespace minetd
