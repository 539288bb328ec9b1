// Foliohub's templates and dashboards in JupyterLab's launcher.
//
// A module-federation container written by hand: JupyterLab calls init() with the modules it shares, then
// get("./extension") for the plugin. Nothing is bundled, so there is nothing to build.
(() => {
  'use strict';
  let shared;

  const load = async name => {
    const [offer] = Object.values(shared[name]);
    return (await offer.get())();
  };

  const ICON =
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><g fill="none" stroke-width="2" stroke-linecap="round"' +
    ' stroke-linejoin="round"><path class="jp-icon3" stroke="#616161" d="M3 4v16h18"/>' +
    '<path stroke="#2a6fdb" d="M6 15l4-5 4 3 6-8"/></g></svg>';

  const makePlugin = async () => {
    const [{ ILauncher }, { PageConfig, PathExt }, { LabIcon }] = await Promise.all([
      load('@jupyterlab/launcher'),
      load('@jupyterlab/coreutils'),
      load('@jupyterlab/ui-components')
    ]);
    const icon = new LabIcon({ name: 'foliohub:chart', svgstr: ICON });
    const templates = JSON.parse(PageConfig.getOption('foliohubTemplates') || '[]');
    const services = PageConfig.getOption('foliohubServices');
    // What the launcher draws cards of its section "Notebook" with.
    const kernelIconUrl = PageConfig.getBaseUrl() + 'kernelspecs/foliohub/logo-svg.svg';

    const activate = (app, launcher) => {
      const { commands } = app;
      const folderFor = cwd => ((cwd || '').startsWith('templates') ? '' : cwd || '');

      commands.addCommand('foliohub:copy-template', {
        label: args => args.title || 'Copy a Foliohub template',
        caption: args => `${args.meaning || args.title}. Opens a copy of your own.`,
        icon,
        execute: async args => {
          // A file browser reads a path that starts with a drive's name; ours has none.
          const copy = await app.serviceManager.contents.copy(args.path, folderFor(args.cwd));
          return commands.execute('docmanager:open', { path: copy.path });
        }
      });
      commands.addCommand('foliohub:open-service', {
        label: args => args.title,
        caption: args => args.meaning,
        icon,
        execute: args => void window.open(services + args.path, '_blank', 'noopener')
      });

      const pages = [
        { path: 'dashboards/', title: 'Dashboards', meaning: 'What managers see' },
        { path: 'api/', title: 'API', meaning: 'For programs: every route, to try out' }
      ];
      pages.forEach((page, rank) =>
        launcher.add({ command: 'foliohub:open-service', category: 'Foliohub', args: page, rank })
      );
      templates.forEach((template, rank) => {
        const report = PathExt.dirname(template.path).endsWith('reports');
        const category = report ? 'Foliohub' : 'Notebook'; // beside the empty one, at the top
        launcher.add({ command: 'foliohub:copy-template', category, args: template, kernelIconUrl, rank: 10 + rank });
      });
    };
    return { id: 'foliohub-launcher:plugin', autoStart: true, requires: [ILauncher], activate };
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB['foliohub-launcher'] = {
    init: scope => {
      shared = scope;
    },
    get: async () => {
      const plugin = await makePlugin();
      return () => ({ __esModule: true, default: plugin });
    }
  };
})();
