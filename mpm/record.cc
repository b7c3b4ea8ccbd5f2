// SPDX-License-Identifier: ISC
#include "mpm/record.h"

#include <algorithm>
#include <cstring>

#include "daemon/os/clock.h"

namespace minetd {

void Record::set_reason(std::string_view text) noexcept {
    const std::size_t size = std::min(text.size(), sizeof reason - 1);
    std::memcpy(reason, text.data(), size);
    reason[size] = '\0';
}

Record start_record(pid_t pid, const SocketAddress& peer) noexcept {
    Record record;
    record.kind = Record::Kind::start;
    record.pid = pid;
    record.peer = peer;
    return record;
}

Record exit_record(const Exit& exit, const SocketAddress& peer, std::int64_t began) noexcept {
    const auto micros = [](const timeval& time) {
        return time.tv_sec * std::int64_t{1'000'000} + time.tv_usec;
    };
    Record record;
    record.kind = Record::Kind::exit;
    record.pid = exit.pid;
    record.status = exit.status;
    record.peer = peer;
    record.duration_us = monotonic_us() - began;
    record.has_usage = true;
    record.cpu_us = micros(exit.usage.ru_utime) + micros(exit.usage.ru_stime);
    record.max_rss_kb = exit.usage.ru_maxrss;
    return record;
}

Record traffic_record(const Traffic& traffic, const SocketAddress& peer, pid_t pid) noexcept {
    Record record;
    record.kind = Record::Kind::traffic;
    record.pid = pid;
    record.traffic = traffic;
    record.peer = peer;
    return record;
}

Record fail_record(std::string_view reason, const SocketAddress& peer, pid_t pid) noexcept {
    Record record;
    record.kind = Record::Kind::fail;
    record.pid = pid;
    record.peer = peer;
    record.set_reason(reason);
    return record;
}

Record ident_record(Record::Kind kind, std::string_view text, const SocketAddress& peer) noexcept {
    Record record;
    record.kind = kind;
    record.peer = peer;
    record.set_reason(text);
    return record;
}

bool wants_record(const ServiceSpec& spec, Record::Kind kind) noexcept {
    switch (kind) {
        case Record::Kind::start:
            return spec.log_on_success != 0;
        case Record::Kind::exit:
            return (spec.log_on_success & (log_exit | log_duration | log_usage)) != 0;
        case Record::Kind::fail:
            return spec.log_on_failure != 0;
        case Record::Kind::userid:
        case Record::Kind::noid:
            return ((spec.log_on_success | spec.log_on_failure) & log_userid) != 0;
        case Record::Kind::traffic:
            return (spec.log_on_success & log_traffic) != 0;
    }
    return false;
}

}  // namespace minetd
