// SPDX-License-Identifier: ISC
// RPC programs, registered with rpcbind(8) as long as their services are there. Its registrations
// are lost when it is restarted, so they are repeated now and then: one that is there already stays
// as it is.
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "daemon/announcer.h"
#include "daemon/os/rpcbind.h"

namespace minetd {
namespace {

constexpr Milliseconds repeat_after = 10'000, first_retry = 500;
/// For taking everything back, when rpcbind does not answer.
constexpr unsigned last_seconds = 5;

using Registrations = std::map<std::tuple<std::uint32_t, std::uint32_t, std::string>,
                               std::pair<SocketAddress, std::string>>;

rpcbind::Program program_of(const Registrations::key_type& key) {
    return {std::get<0>(key), std::get<1>(key), std::get<2>(key)};
}

Registrations registrations_of(const Announcements& all) {
    Registrations out;
    for (const Announcement& one : all) {
        std::string network = one.datagram != 0 ? "udp" : "tcp";
        if (one.address.family() == AF_INET6) network += '6';
        for (std::uint64_t version = one.low; version <= one.high; ++version)
            out[{one.program, static_cast<std::uint32_t>(version), network}] = {one.address,
                                                                                one.service};
    }
    return out;
}

class Registrar {
  public:
    explicit Registrar(Channel& parent) noexcept : parent_(parent) {}

    void take_back(const Registrations& wanted) {
        std::erase_if(made_, [&](const auto& made) {
            const auto found = wanted.find(made.first);
            if (found != wanted.end() && found->second.first == made.second.first) return false;
            rpcbind::unset(program_of(made.first));
            return true;
        });
    }

    /// How long until this is to be done again.
    Milliseconds make(const Registrations& wanted) {
        bool failed = false;
        for (const auto& [key, value] : wanted) {
            const auto& [address, service] = value;
            const rpcbind::Program program = program_of(key);
            const bool is_new = !made_.contains(key);
            std::string reason;
            bool done = rpcbind::set(program, address, reason);
            if (!done && is_new) {
                // Left by one of us that was killed; of others nothing can be taken away.
                rpcbind::unset(program);
                done = rpcbind::set(program, address, reason);
            }
            const std::string what =
                fmt::format("{}: program {} version {}, {} port {}", service, program.number,
                            program.version, program.network, address.port());
            if (done && is_new) {
                made_[key] = value;
                complaints_.erase(key);
                send_report(parent_, Level::notice, "registered " + what);
            } else if (!done) {
                failed = true;
                made_.erase(key);
                if (std::exchange(complaints_[key], reason) != reason)
                    send_report(parent_, Level::error,
                                fmt::format("cannot register {}: {}; trying again", what, reason));
            }
        }
        std::erase_if(complaints_, [&](const auto& one) { return !wanted.contains(one.first); });
        if (!failed) return std::exchange(delay_, 0), repeat_after;
        delay_ = std::clamp(delay_ * 2, first_retry, repeat_after);
        return delay_;
    }

  private:
    Channel& parent_;
    Registrations made_;
    std::map<Registrations::key_type, std::string> complaints_;
    Milliseconds delay_ = 0;
};

}  // namespace

int announce_rpc_programs(Channel& parent) {
    AnnouncementReader reader;
    Registrar registrar(parent);
    Announcements all;
    Registrations wanted;
    Milliseconds due = 0;  // nothing is wanted yet, and this does nothing at once
    for (;;) {
        const Milliseconds left = std::max<Milliseconds>(0, due - monotonic_ms());
        pollfd item{.fd = parent.fd(), .events = POLLIN, .revents = 0};
        ::poll(&item, 1, static_cast<int>(left));
        switch (reader.receive(parent, all)) {
            case AnnouncementReader::Heard::end:
                ::alarm(last_seconds);
                registrar.take_back({});
                return 0;
            case AnnouncementReader::Heard::news:
                wanted = registrations_of(all);
                registrar.take_back(wanted);
                break;
            case AnnouncementReader::Heard::nothing:
                if (monotonic_ms() < due) continue;
                break;
        }
        due = monotonic_ms() + registrar.make(wanted);
    }
}

}  // namespace minetd
