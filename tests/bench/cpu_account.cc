// SPDX-License-Identifier: ISC

#include "tests/bench/cpu_account.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include "tests/bench/process_tree.h"

namespace minetd::bench {

namespace {

// Both versions of control groups are a directory, a file to enter by and a file to read.
struct GroupKind {
    std::string_view name;
    const char* mount;   ///< where Debian mounts it
    const char* file;    ///< holds the usage
    const char* before;  ///< the word before the number; empty: the number alone
    double unit;         ///< of the number, in seconds
};

constexpr GroupKind group_kinds[] = {
    {"cpuacct", "/sys/fs/cgroup/cpuacct", "cpuacct.usage", "", 1e-9},
    {"cpuacct", "/sys/fs/cgroup/cpu,cpuacct", "cpuacct.usage", "", 1e-9},
    {"cgroup2", "/sys/fs/cgroup", "cpu.stat", "usage_usec", 1e-6},
    {"cgroup2", "/sys/fs/cgroup/unified", "cpu.stat", "usage_usec", 1e-6},
};

class GroupAccount : public CpuAccount {
  public:
    GroupAccount(const GroupKind& kind, std::string directory, bool owned)
        : kind_(kind), directory_(std::move(directory)), owned_(owned) {}
    ~GroupAccount() override {
        if (owned_) rmdir(directory_.c_str());
    }

    double seconds() const override {
        std::ifstream file(directory_ + "/" + kind_.file);
        std::string word;
        if (*kind_.before != '\0')
            while (file >> word && word != kind_.before) continue;
        double value = 0;
        if (!(file >> value))
            throw std::runtime_error(directory_ + "/" + kind_.file + ": no usage");
        return value * kind_.unit;
    }

    std::string reference() const override { return std::string(kind_.name) + ":" + directory_; }

    void enter() override {
        std::ofstream file(directory_ + "/cgroup.procs");
        if (!(file << getpid() << std::flush))
            throw std::system_error(errno, std::generic_category(), directory_ + "/cgroup.procs");
    }

  private:
    const GroupKind& kind_;
    std::string directory_;
    bool owned_;
};

// utime, stime, cutime, cstime of one process in seconds; 0 when it has gone.
double process_seconds(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::stringstream text;
    text << file.rdbuf();
    // The name in parentheses may hold anything; the fields start after the last one
    // (proc_pid_stat(5)).
    std::string line = text.str();
    const std::size_t end_of_name = line.rfind(')');
    if (end_of_name == std::string::npos) return 0;
    std::istringstream fields(line.substr(end_of_name + 1));
    std::string skipped;
    for (int field = 3; field < 14; ++field) fields >> skipped;
    double total = 0;
    for (int field = 14; field < 18; ++field) {
        double ticks = 0;
        fields >> ticks;
        total += ticks;
    }
    return total / static_cast<double>(sysconf(_SC_CLK_TCK));
}

class ProcAccount : public CpuAccount {
  public:
    explicit ProcAccount(pid_t pid) : pid_(pid) {}

    // A process that ended is in its parent's children's time once it has been waited for, so the
    // sum over the living tree is the whole.
    double seconds() const override {
        double total = process_seconds(pid_);
        for (pid_t pid : descendants(pid_)) total += process_seconds(pid);
        return total;
    }
    std::string reference() const override { return "proc:" + std::to_string(pid_); }
    void follow(pid_t pid) override { pid_ = pid; }

  private:
    pid_t pid_;
};

// A group that does not count is as good as none (version 2 below a version 1 hierarchy always
// counts, a read-only mount never lets us in).
std::unique_ptr<CpuAccount> try_group(const GroupKind& kind, const std::string& name) {
    const std::string directory =
        std::string(kind.mount) + "/minetd-bench-" + std::to_string(getpid()) + "-" + name;
    std::error_code ignored;
    if (!std::filesystem::exists(std::string(kind.mount) + "/cgroup.procs", ignored))
        return nullptr;
    if (mkdir(directory.c_str(), 0755) != 0) return nullptr;
    auto account = std::make_unique<GroupAccount>(kind, directory, true);
    try {
        account->seconds();
    } catch (const std::runtime_error&) {
        return nullptr;
    }
    return account;
}

}  // namespace

std::unique_ptr<CpuAccount> make_account(const std::string& name, std::string_view source) {
    for (const GroupKind& kind : group_kinds) {
        if (!source.empty() && source != kind.name) continue;
        if (auto account = try_group(kind, name)) return account;
    }
    if (!source.empty() && source != "proc") return nullptr;
    return std::make_unique<ProcAccount>(-1);
}

std::unique_ptr<CpuAccount> open_account(std::string_view reference) {
    const std::size_t colon = reference.find(':');
    const std::string_view name = reference.substr(0, colon);
    const std::string_view rest =
        colon == std::string_view::npos ? std::string_view{} : reference.substr(colon + 1);
    for (const GroupKind& kind : group_kinds)
        if (kind.name == name)
            return std::make_unique<GroupAccount>(kind, std::string(rest), false);
    pid_t pid = 0;
    if (name == "proc" &&
        std::from_chars(rest.data(), rest.data() + rest.size(), pid).ec == std::errc{})
        return std::make_unique<ProcAccount>(pid);
    throw std::invalid_argument("no CPU account: " + std::string(reference) +
                                " (cpuacct:DIRECTORY, cgroup2:DIRECTORY or proc:PID)");
}

}  // namespace minetd::bench
