// SPDX-License-Identifier: ISC
// The daemon itself: [minetd].
#include "daemon/config/attribute_row.h"
#include "daemon/config/cgroup_codecs.h"

namespace minetd {
namespace {

using namespace codec;
using namespace rows;
using enum Effect;

template <class Codec, auto... Path>
constexpr Row<DaemonSpec> daemon_row(const Attribute& attribute) {
    return make_row<DaemonSpec, Member<DaemonSpec, Codec, Path...>>(attribute);
}

constexpr Row<DaemonSpec> table[] = {
    daemon_row<Target, &DaemonSpec::log>(
        {"log", "log_type", 0, longest, false, none,
         "where the daemon's messages go; inherit: stderr in the foreground, else syslog"}),
    daemon_row<Path, &DaemonSpec::pid_file>(
        {"pid_file", "PidFile", 0, longest, false, none,
         "the file that holds the daemon's process id; empty: none"}),
    daemon_row<Seconds, &DaemonSpec::graceful_shutdown_timeout>(
        {"graceful_shutdown_timeout", "GracefulShutdownTimeout", 0, long_time, false, none,
         "how long a stop waits for sessions; 0: as long as they last"}),
    daemon_row<CgroupPlace, &DaemonSpec::cgroup>(
        {"cgroup", "", 1, longest, false, none,
         "where each service gets a cgroup: below minetd's own where that is delegated, nowhere, "
         "or in this directory of a cgroup2 hierarchy"}),
    daemon_row<Seconds, &DaemonSpec::upgrade_timeout>(
        {"upgrade_timeout", "", 1, long_time, false, none,
         "how long a new binary has to say that it can take over (SIGUSR2)"}),
    daemon_row<Unlimited, &DaemonSpec::process_limit>(
        {"process_limit", "", 0, many, false, none,
         "programs of nowait services at once, all services together"}),
};

}  // namespace

std::span<const Row<DaemonSpec>> daemon_attributes() noexcept {
    return table;
}

}  // namespace minetd
