// SPDX-License-Identifier: ISC
#include "mpm/launch_plan.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "daemon/os/process.h"
#include "daemon/os/system_error.h"

namespace minetd {
namespace {

std::string_view name_of(std::string_view variable) {
    const std::size_t equals = variable.find('=');
    return equals == std::string_view::npos ? std::string_view() : variable.substr(0, equals);
}

using Environment = std::vector<std::string>;

/// What the daemon was given and may pass on. Thousands of plans share one copy.
std::shared_ptr<const Environment> daemon_environment() {
    static std::shared_ptr<const Environment> shared;
    Environment present;
    for (char** item = ::environ; item != nullptr && *item != nullptr; ++item) {
        const std::string_view name = name_of(*item);
        if (name.empty() || is_session_variable(name) || is_daemon_variable(name)) continue;
        present.emplace_back(*item);
    }
    if (!shared || *shared != present) shared = std::make_shared<Environment>(std::move(present));
    return shared;
}

bool passes(const ServiceSpec& spec, std::string_view name) {
    if (spec.env.contains(std::string(name))) return false;  // the service's own value
    return !spec.passenv ||
           std::find(spec.passenv->begin(), spec.passenv->end(), name) != spec.passenv->end();
}

}  // namespace

bool is_session_variable(std::string_view name) noexcept {
    static constexpr std::string_view names[] = {"PROTO", "REMOTE_HOST", "REMOTE_ADDR",
                                                 "REMOTE_PORT"};
    if (std::find(std::begin(names), std::end(names), name) != std::end(names)) return true;
    for (std::string_view prefix : {"TCP", "UDP", "IPC", "TCP6"})
        for (std::string_view word : {"REMOTE", "LOCAL", "CONN"})
            if (name.starts_with(prefix) && name.substr(prefix.size()).starts_with(word))
                return true;
    return false;
}

bool is_daemon_variable(std::string_view name) noexcept {
    static constexpr std::string_view names[] = {
        "NOTIFY_SOCKET",     "WATCHDOG_PID",     "WATCHDOG_USEC",  "LISTEN_PID",
        "LISTEN_FDS",        "LISTEN_FDNAMES",   "LISTEN_PIDFDID", "MAINPID",
        "FDSTORE",           "INVOCATION_ID",    "JOURNAL_STREAM", "CREDENTIALS_DIRECTORY",
        "MINETD_SUPERVISOR", "RUNTIME_DIRECTORY"};
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

void LaunchPlan::add_variable(const std::string& name, const std::string& value) {
    std::erase_if(env, [&](const char* text) { return name_of(text) == name; });
    env.push_back(added_text_.emplace_back(name + '=' + value).data());
}

std::shared_ptr<LaunchPlan> make_launch_plan(const ServiceSpec& spec, int log_pipe,
                                             const std::string& credentials,
                                             std::shared_ptr<const Sandbox> sandbox) {
    auto plan = std::make_shared<LaunchPlan>();
    plan->sandbox = std::move(sandbox);
    plan->service = spec.id;
    plan->path = spec.server;
    plan->protocol = spec.protocol.starts_with("udp")     ? "UDP"
                     : spec.family == Family::unix_domain ? "IPC"
                                                          : "TCP";
    plan->identity = resolve_identity(spec.user, spec.group, spec.groups);
    plan->chdir = spec.chdir;
    plan->umask = spec.umask;
    plan->nice = spec.nice;
    plan->session = spec.session || has_controlling_terminal();
    plan->rlimits = spec.rlimits;
    plan->stderr_kind = spec.error_output();
    plan->stderr_path = spec.standard_error.path;
    plan->stderr_fd = log_pipe;
    plan->open_files = lowered_open_files();
    std::erase_if(plan->rlimits, [&](const ResourceLimit& limit) {
        if (limit.resource != RLIMIT_NOFILE) return false;
        plan->open_files = rlimit{.rlim_cur = limit.value, .rlim_max = limit.value};
        return true;
    });
    if (plan->sandbox && (spec.is_resident() || plan->stderr_kind == StderrTarget::Kind::null)) {
        plan->null.reset(::open("/dev/null", O_RDWR | O_CLOEXEC));
        if (!plan->null) throw_errno("/dev/null");
    }

    plan->argv_text_ = spec.server_args;
    if (plan->argv_text_.empty())
        plan->argv_text_.push_back(spec.server.substr(spec.server.rfind('/') + 1));
    for (const auto& [name, value] : spec.env) plan->env_text_.push_back(name + '=' + value);
    plan->inherited_ = daemon_environment();

    for (std::string& text : plan->argv_text_) plan->argv.push_back(text.data());
    plan->argv.push_back(nullptr);
    for (const std::string& text : *plan->inherited_)
        if (passes(spec, name_of(text))) plan->env.push_back(const_cast<char*>(text.data()));
    for (std::string& text : plan->env_text_) plan->env.push_back(text.data());
    plan->credentials = credentials;
    if (!credentials.empty()) plan->add_variable("CREDENTIALS_DIRECTORY", credentials);
    return plan;
}

}  // namespace minetd
