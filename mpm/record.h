// SPDX-License-Identifier: ISC
// What happened to one session, as plain data: it crosses from the process that served to the one
// that writes the log, which takes nothing in it for granted.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "daemon/config/service_spec.h"
#include "daemon/os/process.h"
#include "daemon/os/socket_address.h"

namespace minetd {

/// Bytes of one session: from its client, and to it.
struct Traffic {
    std::uint64_t received = 0, sent = 0;
};

struct Record {
    enum class Kind : std::uint8_t { start, exit, fail, userid, noid, traffic } kind = Kind::start;
    bool has_usage = false;  ///< cpu_us and max_rss_kb are known
    pid_t pid = 0;           ///< 0: none
    int status = 0;          ///< for exit: as wait(2) tells it
    std::int64_t duration_us = 0, cpu_us = 0, max_rss_kb = 0;
    std::uint64_t repeated = 0;  ///< for fail: so many more were not recorded one by one
    Traffic traffic;             ///< for traffic
    SocketAddress peer;          ///< length 0: unknown
    /// For fail: a guard's reason, or what the system said. For userid: what the peer's ident
    /// daemon said; for noid: why it said nothing.
    char reason[200] = {};

    void set_reason(std::string_view text) noexcept;
};

Record start_record(pid_t pid, const SocketAddress& peer) noexcept;
/// `began` is monotonic microseconds.
Record exit_record(const Exit& exit, const SocketAddress& peer, std::int64_t began) noexcept;
Record traffic_record(const Traffic& traffic, const SocketAddress& peer, pid_t pid) noexcept;
Record fail_record(std::string_view reason, const SocketAddress& peer, pid_t pid = 0) noexcept;
/// `kind` is userid or noid.
Record ident_record(Record::Kind kind, std::string_view text, const SocketAddress& peer) noexcept;

/// Is a record of this kind asked for by the service?
bool wants_record(const ServiceSpec& spec, Record::Kind kind) noexcept;

}  // namespace minetd
