// SPDX-License-Identifier: ISC
// Who a process is to be: user, group and supplementary groups, looked up once when the
// configuration is read, so that starting a program never reads a user database.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace minetd {

struct Identity {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;
    /// False when there is nothing to change, or when minetd itself may not: it then serves as what
    /// it is.
    bool change = true;
    std::string user;  ///< for USER, LOGNAME and messages
    std::string home, shell;
};

/// Looks a user up by name or number, and a group (empty: the user's own). With `supplementary`,
/// the groups are those of initgroups(3), otherwise none. An empty user is the caller's own.
/// Throws std::runtime_error naming what is unknown.
Identity resolve_identity(const std::string& user, const std::string& group, bool supplementary);

/// Of minetd's own processes that speak with others, such as the inquirer: the user minetd where
/// there is one (sysusers.d(5)), else nobody, whom services share. Without root: the caller's own.
Identity own_identity();

/// Becomes that identity for good: setgid, setgroups, setuid, each checked; no way back is left.
/// Throws std::system_error. A no-op where `change` is false.
void assume_identity(const Identity& identity);

}  // namespace minetd
