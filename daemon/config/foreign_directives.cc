// SPDX-License-Identifier: ISC
#include "daemon/config/foreign_directives.h"

#include "daemon/config/values.h"

namespace minetd {
namespace {

constexpr std::string_view no_lock = "servers accept without a lock", out = "leave it out";

constexpr ForeignDirective table[] = {
    {"AcceptMutex", no_lock, out},
    {"Mutex", no_lock, out},
    {"LockFile", no_lock, out},
    {"ScoreBoardFile", "the scoreboard is memory that only minetd's processes share",
     "leave it out; the builtin `status` serves what is in it"},
    {"ExtendedStatus", "the scoreboard always has everything", out},
    {"CoreDumpDirectory", "a core dump goes where kernel.core_pattern says",
     "write chdir = DIRECTORY and rlimit_core = unlimited"},
    {"EnableExceptionHook", "no module hears of a crash",
     "leave it out; a server that crashes is recorded and replaced"},
    {"Listen", "the service's line says where it listens",
     "write bind = ADDRESS and port = PORT, or a line for each port"},
    {"PidFile", "all services have one daemon", "write pid_file in [minetd]"},
    {"LoadModule", "an MPM is no module of minetd's", "write the MPM in the fourth field"},
    {"ChildPerUserID", "the processes of a user are started as his addresses need them",
     "write assign_user = ADDRESS user [group]"},
    {"AssignUserID", "users belong to addresses, not to virtual hosts",
     "write assign_user = ADDRESS user [group]"},
};

}  // namespace

const ForeignDirective* find_foreign_directive(std::string_view name) noexcept {
    for (const ForeignDirective& directive : table)
        if (same_word(directive.name, name)) return &directive;
    return nullptr;
}

}  // namespace minetd
