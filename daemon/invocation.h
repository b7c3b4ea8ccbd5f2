// SPDX-License-Identifier: ISC
// How this process was started, so that its binary can be started in the same way again.
#pragma once

#include <string>
#include <vector>

namespace minetd {

struct Invocation {
    std::string program;                   ///< absolute; symbolic links are not resolved
    std::vector<std::string> arguments;    ///< argv
    std::vector<std::string> environment;  ///< without what was for this start alone
    std::string directory;                 ///< what relative paths in the arguments are relative to
};

/// Before anything changes directory or environment. The program is looked for as the shell does;
/// where that fails it is what the kernel says.
Invocation note_invocation(int argc, char** argv);

/// The null-terminated array that execve(2) takes; borrows the texts.
std::vector<char*> pointers_to(std::vector<std::string>& texts);

/// Tells a daemon that is started by `minetd --supervise` the pid of that.
inline constexpr char supervisor_variable[] = "MINETD_SUPERVISOR";

/// Names the memory file of a handover, as `PID:DESCRIPTOR`.
inline constexpr char handover_variable[] = "MINETD_HANDOVER";

}  // namespace minetd
