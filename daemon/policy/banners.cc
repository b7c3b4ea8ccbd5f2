// SPDX-License-Identifier: ISC
#include "daemon/policy/banners.h"

#include <sys/socket.h>

#include <stdexcept>

#include "daemon/config/banner_file.h"
#include "daemon/os/raw_syscall.h"

namespace minetd {
namespace {

/// Reads while refusing: a client that keeps sending does not keep us.
constexpr int most_reads = 16;

void send_text(int connection, const std::string& text) noexcept {
    if (text.empty()) return;
    raw::syscall(SYS_sendto, connection, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                 nullptr, 0);
}

}  // namespace

bool wants_banners(const ServiceSpec& spec) noexcept {
    return !spec.banner.empty() || !spec.banner_success.empty() || !spec.banner_fail.empty();
}

Banners read_banners(const ServiceSpec& spec,
                     const std::function<void(const std::string&)>& complain) {
    const auto read = [&](const std::string& path) -> std::string {
        if (path.empty()) return {};
        try {
            return read_banner(path);
        } catch (const std::exception& problem) {
            complain(std::string("no banner: ") + problem.what());
            return {};
        }
    };
    return {.everybody = read(spec.banner),
            .admitted = read(spec.banner_success),
            .refused = read(spec.banner_fail)};
}

void greet(int connection, const Banners& banners) noexcept {
    send_text(connection, banners.everybody);
    send_text(connection, banners.admitted);
}

void dismiss(int connection, const Banners& banners) noexcept {
    if (banners.everybody.empty() && banners.refused.empty()) return;
    send_text(connection, banners.everybody);
    send_text(connection, banners.refused);
    raw::syscall(SYS_shutdown, connection, SHUT_WR);
    char nothing[4096];
    for (int i = 0; i < most_reads; ++i)
        if (raw::syscall(SYS_recvfrom, connection, nothing, sizeof nothing, MSG_DONTWAIT, nullptr,
                         nullptr) <= 0)
            return;
}

}  // namespace minetd
