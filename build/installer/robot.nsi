; The installer. Built by `python build/dev.py package`, which defines VERSION, PROGRAM, OUTPUT, ICON, LICENSE, SIZE_KB.
;
;   setup.exe [/S] [/ALLUSERS] [/D=folder] [/HOST=…] [/GUID=…] [/SCRIPTS=…] [/AUTOSTART=task|startup|none] [/WAIT=minutes]
;   uninstall.exe [/S] [/PURGE] [/WAIT=minutes]
;
; Exit codes: 0 done · 1 cancelled by the user · 2 the files could not be written · 3 a robot was still at work when the
; wait was over; nothing was changed · 4 /ALLUSERS needs an administrator · 5 wrong parameter · 6 installed, but the
; settings or the autostart could not be set up.
;
; https://nsis.sourceforge.io/Docs/Chapter4.html

Target amd64-unicode ; first of all: the usual 32-bit stub doesn't run where only 64-bit programs do
Unicode true
ManifestDPIAware true
ManifestSupportedOS Win10
RequestExecutionLevel user ; per user; /ALLUSERS is for an installer that was started by an administrator
SetCompressor /SOLID lzma

!include MUI2.nsh
!include LogicLib.nsh

Name "Robot"
OutFile "${OUTPUT}"
BrandingText "Robot ${VERSION}"
InstallDir "" ; set in .onInit, unless /D= says otherwise
VIProductVersion "${VERSION}.0"
VIAddVersionKey ProductName "Robot"
VIAddVersionKey FileDescription "Robot Setup"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey LegalCopyright "MIT License"

!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\Robot"
!define EXIT_FILES 2
!define EXIT_AT_WORK 3
!define EXIT_NOT_ADMIN 4
!define EXIT_PARAMETER 5
!define EXIT_INCOMPLETE 6
!define USUAL_WAIT "10" ; minutes

Var AllUsers   ; 1 or empty
Var Host
Var Guid
Var Scripts
Var Autostart  ; task, startup, none, or empty: leave it as it is
Var Wait
Var Purge

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!define MUI_FINISHPAGE_RUN
!define MUI_FINISHPAGE_RUN_TEXT "$(RunNow)"
!define MUI_FINISHPAGE_RUN_FUNCTION RunRobot
!define MUI_FINISHPAGE_SHOWREADME
!define MUI_FINISHPAGE_SHOWREADME_TEXT "$(StartAtLogOn)"
!define MUI_FINISHPAGE_SHOWREADME_FUNCTION EnableAutostart

!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_LICENSE "${LICENSE}"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE English
!insertmacro MUI_LANGUAGE Russian
!include texts.nsh
!include shared.nsh

; ---------------------------------------------------------------------------------------------- installation

Function .onInit
  SetRegView 64
  !insertmacro ReadFlag "" "/ALLUSERS" $AllUsers
  Call ChooseContext
  !insertmacro ReadValue "" "/HOST=" $Host
  !insertmacro ReadValue "" "/GUID=" $Guid
  !insertmacro ReadValue "" "/SCRIPTS=" $Scripts
  !insertmacro ReadValue "" "/AUTOSTART=" $Autostart
  !insertmacro ReadWait ""
  ${If} $Autostart != ""
  ${AndIf} $Autostart != "task"
  ${AndIf} $Autostart != "startup"
  ${AndIf} $Autostart != "none"
    Push ${EXIT_PARAMETER}
    Push "$(WrongAutostart)"
    Call Fail
  ${EndIf}
  ${If} $INSTDIR == "" ; no /D=: where it is already, else the usual place
    ReadRegStr $INSTDIR SHCTX "${UNINSTALL_KEY}" "InstallLocation"
  ${EndIf}
  ${If} $INSTDIR == ""
    ${If} $AllUsers == 1
      StrCpy $INSTDIR "$PROGRAMFILES64\Robot"
    ${Else}
      StrCpy $INSTDIR "$LOCALAPPDATA\Programs\Robot"
    ${EndIf}
  ${EndIf}
FunctionEnd

Section
  Call WaitForRobots
  SetOutPath "$INSTDIR"
  SetOverwrite on
  ClearErrors
  File /r "${PROGRAM}\*.*"
  ${If} ${Errors}
    ; Back to what was there, so that the old version goes on working.
    RMDir /r "$INSTDIR\_internal"
    Rename "$INSTDIR\_internal.old" "$INSTDIR\_internal"
    Push ${EXIT_FILES}
    Push "$(FilesFailed)"
    Call Fail
  ${EndIf}
  RMDir /r "$INSTDIR\_internal.old"
  WriteUninstaller "$INSTDIR\uninstall.exe"

  CreateShortcut "$SMPROGRAMS\Robot.lnk" "$INSTDIR\robot.exe" "run"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "DisplayName" "Robot"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\robot.exe"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "Publisher" "Robot"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD SHCTX "${UNINSTALL_KEY}" "EstimatedSize" ${SIZE_KB}
  WriteRegDWORD SHCTX "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD SHCTX "${UNINSTALL_KEY}" "NoRepair" 1
  ${If} $AllUsers == 1
    WriteRegDWORD SHCTX "${UNINSTALL_KEY}" "AllUsers" 1
  ${EndIf}

  Call WriteSettings
  Call SetAutostart
SectionEnd

; The values go through the environment: a command line stands in every process list.
Function WriteSettings
  System::Call 'kernel32::SetEnvironmentVariableW(w "ROBOT_SETUP_HOST", w "$Host")'
  System::Call 'kernel32::SetEnvironmentVariableW(w "ROBOT_SETUP_ROBOT_GUID", w "$Guid")'
  System::Call 'kernel32::SetEnvironmentVariableW(w "ROBOT_SETUP_SCRIPTS", w "$Scripts")'
  ${If} $LANGUAGE == 1049
    System::Call 'kernel32::SetEnvironmentVariableW(w "ROBOT_LANGUAGE", w "ru")'
  ${Else}
    System::Call 'kernel32::SetEnvironmentVariableW(w "ROBOT_LANGUAGE", w "en")'
  ${EndIf}
  StrCpy $0 0
  ${If} "$Host$Guid$Scripts" != ""
    ${If} $AllUsers == 1
      nsExec::Exec '"$INSTDIR\robot-cli.exe" write-settings --shared "$APPDATA\Robot\robot.toml"'
    ${Else}
      nsExec::Exec '"$INSTDIR\robot-cli.exe" write-settings "$APPDATA\Robot\robot.toml"'
    ${EndIf}
    Pop $0
  ${EndIf}
  ; Not for the robot that the last page may start.
  System::Call 'kernel32::SetEnvironmentVariableW(w "ROBOT_SETUP_ROBOT_GUID", p 0)'
  System::Call 'kernel32::SetEnvironmentVariableW(w "ROBOT_SETUP_HOST", p 0)'
  System::Call 'kernel32::SetEnvironmentVariableW(w "ROBOT_SETUP_SCRIPTS", p 0)'
  System::Call 'kernel32::SetEnvironmentVariableW(w "ROBOT_LANGUAGE", p 0)'
  ${If} $0 != 0
    SetErrorLevel ${EXIT_INCOMPLETE}
    MessageBox MB_OK|MB_ICONEXCLAMATION "$(SettingsFailed)" /SD IDOK
  ${EndIf}
FunctionEnd

Function SetAutostart
  ${If} $Autostart == ""
    Return
  ${ElseIf} $Autostart == "none"
    nsExec::Exec '"$INSTDIR\robot-cli.exe" autostart disable'
  ${Else}
    nsExec::Exec '"$INSTDIR\robot-cli.exe" autostart enable --$Autostart'
  ${EndIf}
  Pop $0
  ${If} $0 != 0
    SetErrorLevel ${EXIT_INCOMPLETE}
    MessageBox MB_OK|MB_ICONEXCLAMATION "$(AutostartFailed)" /SD IDOK
  ${EndIf}
FunctionEnd

Function EnableAutostart
  StrCpy $Autostart "task"
  Call SetAutostart
FunctionEnd

Function RunRobot
  Exec '"$INSTDIR\robot.exe" run'
FunctionEnd

; ---------------------------------------------------------------------------------------------- removal

Function un.onInit
  SetRegView 64
  !insertmacro ReadFlag "un." "/PURGE" $Purge
  !insertmacro ReadWait "un."
  ReadRegStr $0 HKLM "${UNINSTALL_KEY}" "InstallLocation"
  ${If} $0 == $INSTDIR
    StrCpy $AllUsers 1
  ${EndIf}
  Call un.ChooseContext
FunctionEnd

Section Uninstall
  IfFileExists "$INSTDIR\robot-cli.exe" 0 gone ; nothing but the folder that holds our program is removed
  ; Before the program goes. It speaks of this user; the entries of others are told about in the guide.
  nsExec::Exec '"$INSTDIR\robot-cli.exe" autostart disable'
  Pop $0
  Call un.WaitForRobots
  RMDir /r "$INSTDIR\_internal.old"
  Delete "$INSTDIR\robot.exe"
  Delete "$INSTDIR\robot-cli.exe"
  gone:
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Robot.lnk"
  DeleteRegKey SHCTX "${UNINSTALL_KEY}"
  ${If} $Purge == 1
    ; Settings, journal and logs. Scripts that somebody keeps beside the settings stay.
    Delete "$APPDATA\Robot\robot.toml"
    RMDir "$APPDATA\Robot"
    SetShellVarContext current
    Delete "$APPDATA\Robot\robot.toml"
    RMDir "$APPDATA\Robot"
    Delete "$LOCALAPPDATA\Robot\journal.sqlite3*"
    RMDir /r "$LOCALAPPDATA\Robot\logs"
    RMDir /r "$LOCALAPPDATA\Robot\runs"
    Delete "$LOCALAPPDATA\Robot\*.lock"
    RMDir "$LOCALAPPDATA\Robot"
  ${EndIf}
SectionEnd
