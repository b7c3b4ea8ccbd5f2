// SPDX-License-Identifier: ISC
// What a server and everything it started have used of the processors. One source is chosen at run
// time and said in the report: a cpuacct control group (version 1), a control group of version 2,
// or, where neither may be made, /proc with the times of reaped children.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>

namespace minetd::bench {

class CpuAccount {
  public:
    virtual ~CpuAccount() = default;
    CpuAccount() = default;
    CpuAccount(const CpuAccount&) = delete;
    CpuAccount& operator=(const CpuAccount&) = delete;

    /// CPU seconds used since the account was opened. Throws std::runtime_error.
    virtual double seconds() const = 0;
    /// `cpuacct:DIRECTORY`, `cgroup2:DIRECTORY` or `proc:PID`: what open_account() takes, so that
    /// another process reads the same account.
    virtual std::string reference() const = 0;
    /// Puts the calling process, and all it starts from then on, on the account; for a child that
    /// will be the server. Throws std::system_error.
    virtual void enter() {}
    /// Says which process the server is, to an account that is kept by process.
    virtual void follow(pid_t) {}
};

/// A fresh, empty account from the best source there is, or from `source` (the first word of a
/// reference); null where that cannot be had. A control group is removed with the object.
std::unique_ptr<CpuAccount> make_account(const std::string& name, std::string_view source = {});

/// An existing account, for reading. Throws std::invalid_argument for a reference it does not know.
std::unique_ptr<CpuAccount> open_account(std::string_view reference);

}  // namespace minetd::bench
