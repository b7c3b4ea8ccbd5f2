// SPDX-License-Identifier: ISC
// Apache httpd with its three MPMs, which also echoes (mod_echo), nginx and php-fpm. No access log,
// no limits on requests per connection, backlogs as everywhere.

#include <fmt/format.h>

#include "tests/bench/launches.h"
#include "tests/bench/pool_size.h"
#include "tests/peers/apache.h"

namespace minetd::bench {

namespace {

std::string_view name_of(Mpm mpm) {
    switch (mpm) {
        case Mpm::prefork:
            return "prefork";
        case Mpm::worker:
            return "worker";
        case Mpm::event:
            return "event";
    }
    return "";
}

std::string serving_files(const Apache& apache, const Site& site) {
    return apache.load_module("authz_core") + apache.load_module("mime") +
           fmt::format(
               "TypesConfig /dev/null\nAddType text/html .html\nDocumentRoot {0}\n"
               "<Directory {0}>\n  Require all granted\n  AllowOverride None\n"
               "  Options FollowSymLinks\n</Directory>\n"
               "KeepAlive On\nMaxKeepAliveRequests 0\nKeepAliveTimeout 60\n",
               site.documents());
}

PoolSize size_of(Mpm mpm, const Workload& workload, unsigned clients) {
    switch (workload.needs) {
        case Needs::stay:
        case Needs::guard:
            return default_pool(mpm);
        default:
            // mod_echo reads blocking, so event too needs a thread for every connection.
            return pool_for(mpm, clients);
    }
}

Launch launch_apache(Mpm mpm, const ServerKind& kind, const Site& site, const Workload& workload,
                     unsigned clients) {
    const Apache apache{
        .package = site.peers + "/apache2-bin",
        .directory = site.scratch,
        .name = std::string(kind.name),
        .mpm = std::string(name_of(mpm)),
        .directives = apache_directives(mpm, size_of(mpm, workload, clients)),
        .port = service_port,
    };
    const bool files = workload.serves() == Serves::file;
    return {.argv = apache.command(),
            .file = apache.file(),
            .configuration =
                apache.configuration() + (files ? serving_files(apache, site) : apache.echo()),
            .port = service_port};
}

}  // namespace

Launch apache_prefork(const ServerKind& kind, const Site& site, const Workload& workload,
                      unsigned clients) {
    return launch_apache(Mpm::prefork, kind, site, workload, clients);
}

Launch apache_worker(const ServerKind& kind, const Site& site, const Workload& workload,
                     unsigned clients) {
    return launch_apache(Mpm::worker, kind, site, workload, clients);
}

Launch apache_event(const ServerKind& kind, const Site& site, const Workload& workload,
                    unsigned clients) {
    return launch_apache(Mpm::event, kind, site, workload, clients);
}

Launch nginx(const ServerKind& kind, const Site& site, const Workload&, unsigned) {
    const std::string file = fmt::format("{}/{}.conf", site.scratch, kind.name);
    std::string text = fmt::format(
        "daemon off;\nworker_processes 2;\npid {0}/nginx.pid;\nerror_log {0}/nginx.error;\n"
        "events {{ worker_connections 8192; }}\n"
        "http {{\n  access_log off;\n  default_type text/html;\n  sendfile on;\n"
        "  tcp_nopush on;\n  keepalive_requests 1000000000;\n  keepalive_timeout 60;\n",
        site.scratch);
    for (const std::string_view kept : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
        text += fmt::format("  {0}_temp_path {1}/nginx_{0};\n", kept, site.scratch);
    text += fmt::format("  server {{ listen 127.0.0.1:{} backlog=4096; root {}; }}\n}}\n",
                        service_port, site.documents());
    if (site.user == "root") text = "user nobody nogroup;\n" + text;
    return {.argv = {site.peers + "/nginx/usr/sbin/nginx", "-p", site.scratch, "-e",
                     site.scratch + "/nginx.error", "-c", file},
            .file = file,
            .configuration = text,
            .port = service_port};
}

// Its clients speak FastCGI; the script says its line at once and stays for a second, as an echo's
// client does.
Launch php_fpm(const ServerKind& kind, const Site& site, const Workload&, unsigned clients) {
    const std::string file = fmt::format("{}/{}.conf", site.scratch, kind.name);
    const PoolSize size = default_pool(Mpm::prefork);
    std::string text = fmt::format(
        "[global]\nerror_log = {0}/php_fpm.error\ndaemonize = no\n[www]\n"
        "listen = 127.0.0.1:{1}\nlisten.backlog = 4096\npm = dynamic\npm.max_children = {2}\n"
        "pm.start_servers = {3}\npm.min_spare_servers = {4}\npm.max_spare_servers = {5}\n",
        site.scratch, service_port, size.max_request_workers, size.start_servers, size.min_spare,
        size.max_spare);
    if (site.user == "root") text += "user = nobody\ngroup = nogroup\n";
    return {.argv = {site.peers + "/php8.2-fpm/usr/sbin/php-fpm8.2", "-F", "-n", "-y", file},
            .file = file,
            .configuration = text,
            .port = service_port,
            .client = fmt::format("--exchange ask --once --stay 1 --clients {} --fastcgi {}",
                                  clients, site.script())};
}

}  // namespace minetd::bench
